"""The main job: a data set's pictures in rain, with the same labels."""
