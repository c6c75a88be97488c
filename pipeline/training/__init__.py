"""What ``pipeline.train`` is made of: settings, data, networks that learn, checkpoints, records."""
