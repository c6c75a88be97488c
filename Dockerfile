# An image whose command is tpsence, for CPUs and NVIDIA's GPUs: docs/install.md says how it is made and run.
#
# torch brings CUDA along, so the default base does for both. Another one is a Debian or Ubuntu with Python 3.10 or later,
# from the image or from its packages:
#   docker build --build-arg BASE=nvidia/cuda:13.0.1-runtime-ubuntu24.04 .
ARG BASE=python:3.11-slim

FROM ${BASE} AS python
SHELL ["/bin/sh", "-euc"]
# Which versions there are depends on the base.
# hadolint ignore=DL3008
RUN if ! python3 -c 'import ensurepip' 2>/dev/null; then \
      apt-get update; \
      apt-get install --yes --no-install-recommends python3 python3-venv; \
      rm -rf /var/lib/apt/lists/*; \
    fi

FROM python AS build
WORKDIR /source
COPY . .
# opencv-python wants libraries of a desktop; the headless one has the same version and puts the same package there.
RUN python3 -m venv /opt/tpsence; \
    /opt/tpsence/bin/pip install --no-cache-dir --disable-pip-version-check -c constraints.txt '.[evaluate,onnx]'; \
    /opt/tpsence/bin/pip uninstall --yes opencv-python; \
    /opt/tpsence/bin/pip install --no-cache-dir --disable-pip-version-check --force-reinstall --no-deps \
      -c constraints.txt opencv-python-headless; \
    /opt/tpsence/bin/tpsence --version

FROM python
LABEL org.opencontainers.image.title="tpsence" \
      org.opencontainers.image.description="Rain for clear-weather detection datasets, labels kept" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /opt/tpsence /opt/tpsence
# Whoever --user names has a home: caches go there.
RUN useradd --uid 10001 --create-home tpsence; \
    chmod 1777 /home/tpsence
ENV PATH=/opt/tpsence/bin:$PATH \
    HOME=/home/tpsence \
    PYTHONUNBUFFERED=1 \
    NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 10001
WORKDIR /data
ENTRYPOINT ["tpsence"]
CMD ["--help"]
