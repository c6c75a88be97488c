"""How good the pictures are: figures with intervals and a judgement in words."""
