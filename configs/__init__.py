"""The presets: one mmengine Python config for each published setting."""
