"""Object detectors of others, as ONNX files: what they find before and after, and in which classes."""
