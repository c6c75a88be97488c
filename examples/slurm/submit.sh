#!/usr/bin/env bash
# Sends a data set to Slurm in shards, and what joins them when all are done:
#
#   examples/slurm/submit.sh SHARDS OUT [options of tpsence augment]
#
# Nodes, time and memory stand at the top of the two .sbatch files; partition and account are taken from SBATCH_PARTITION
# and SBATCH_ACCOUNT, as sbatch does. tpsence has to be on the path of the nodes, and OUT on a disk that they share.
set -euo pipefail

if (($# < 2)); then
  echo "usage: $0 SHARDS OUT [options of tpsence augment]" >&2
  exit 2
fi
shards=$1 out=$2
shift 2
here=$(cd "$(dirname "$0")" && pwd)

job=$(sbatch --parsable --array="1-$shards" "$here/augment.sbatch" "$shards" --out "$out" "$@")
sbatch --dependency="afterok:${job%%;*}" --kill-on-invalid-dep=yes "$here/collect.sbatch" "$out"
