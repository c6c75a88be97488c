"""Clear to rain on Cityscapes, with its own label maps in place of segmented ones.

Wants the pictures of Cityscapes in ``trainA`` and its ground truth (``gtFine``, ids or colours) in ``trainS``. It
has no rain: ``trainB`` holds rainy pictures of another data set, ``trainT`` their label maps in the same classes.

The paper names no width for Cityscapes. 640 is that of BDD100K, whose rainy pictures are the usual partner: one
width holds for both domains. It makes 640 x 320 of 2048 x 1024, so that crops of 256 still vary in height; from
width 512 on down they would not.
"""

_base_ = "_base.py"

data = {"width": 640}

domains = {"source": "clear", "target": "rain", "training_data": "Cityscapes"}
