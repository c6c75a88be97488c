"""The parts of ``benchmarks/ray_engine.py``."""
