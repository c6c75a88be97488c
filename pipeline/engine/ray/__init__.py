"""Work that runs on a Ray cluster. Nothing outside this package knows Ray.

Four kinds of processes take part. The main one (``engine.py``) has the plan and the output folder's records, and never
imports Ray, whose driver prints from C++, sets signal handlers and ends its process where the head of the cluster is
lost. The relay (``relay.py``) is its child and Ray's driver: it passes on what the others say. The conductor
(``conductor.py``), an actor in the cluster, runs a Ray Data dataset whose rows are batches of tasks, names and not
pixels. The workers (``worker.py``), a pool of actors, do all of the work for a batch and write the pictures; what is to
be noted of them goes back to the main process, since no shared file system adds lines of several machines reliably.
"""
