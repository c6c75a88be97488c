"""The jobs: data in, data out. This floor knows files, labels and devices, and no terminal."""
