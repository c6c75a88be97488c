"""The known schemes of classes, and which classes of one are which of another's, by name. Quick to import.

Classes that are not in a table have no counterpart.

The tables are meant for street scenes: indoor things, water, animals and loose objects are left out.
"""

from collections.abc import Mapping, Sequence

TITLES = {"cityscapes": "Cityscapes", "camvid": "CamVid", "ade20k": "ADE20K"}
"""What the authors of the known schemes write for them."""
SCHEME_NAMES = tuple(TITLES)
"""The known schemes, in the order of preference."""

ClassTable = Mapping[str, Sequence[str]]
"""Class names of the source by class name of the target."""

CAMVID_TO_CITYSCAPES: ClassTable = {
    "road": ["road"],
    "sidewalk": ["pavement"],
    "building": ["building"],
    "fence": ["fence"],
    "pole": ["pole"],
    "traffic sign": ["sign"],
    "vegetation": ["tree"],
    "sky": ["sky"],
    "person": ["pedestrian"],
    "rider": ["bicyclist"],
    "car": ["car"],
}
"""CamVid has one class for a bicycle with its rider; its cars may be buses and trucks, its signs traffic lights."""

# Left out, though they can stand in a street: bridge, which Cityscapes does not train on either; floor and runway, no
# streets; stairs, stairway and step, where Cityscapes has no one answer; base, bench, sculpture, ashcan, tent, trade
# name, poster, flag, animal and boat, which are static, dynamic or what is behind them; screen door, mostly a shower's.
# A rider is "person" in ADE20K, and a train has no class there.
ADE20K_TO_CITYSCAPES: ClassTable = {
    "road": ["road"],
    "sidewalk": ["sidewalk", "path"],
    # Parts of a facade and what is fixed to it are building in Cityscapes; so are stalls and stands.
    "building": [
        "building",
        "house",
        "skyscraper",
        "tower",
        "hovel",
        "grandstand",
        "booth",
        "windowpane",
        "door",
        "awning",
        "canopy",
        "column",
    ],
    "wall": ["wall"],
    "fence": ["fence", "railing", "bannister"],
    "pole": ["pole", "streetlight"],
    "traffic light": ["traffic light"],
    # A shop's board too, but it is the only class that has the traffic signs.
    "traffic sign": ["signboard"],
    "vegetation": ["tree", "plant", "palm", "flower"],
    # Soil and what grows flat on it; a dirt track is soil before it is a road.
    "terrain": ["grass", "earth", "field", "hill", "land", "sand", "dirt track", "rock", "mountain"],
    "sky": ["sky"],
    "person": ["person"],
    "car": ["car", "van"],
    "truck": ["truck"],
    "bus": ["bus"],
    "motorcycle": ["minibike"],
    "bicycle": ["bicycle"],
}
"""Nothing becomes ``rider`` or ``train``."""

TABLES: Mapping[tuple[str, str], ClassTable] = {
    ("camvid", "cityscapes"): CAMVID_TO_CITYSCAPES,
    ("ade20k", "cityscapes"): ADE20K_TO_CITYSCAPES,
}
"""By the names of source and target scheme."""
