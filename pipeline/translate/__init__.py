"""Pictures in memory: what ``augment`` does to files. Notebooks and scripts ask ``tpsence`` for it."""
