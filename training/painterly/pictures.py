"""Which pictures the network learns from, where they are in Debian 12, and under which licence.

Only pictures whose licence is stated one by one, and which is public domain, CC0 or CC-BY. `python3 pictures.py` prints the table
that README.md holds. Pictures in HELD_OUT are never trained on: the figures are measured on them.
"""

import fnmatch
import os

import cv2
import numpy as np

SKIMAGE = "/usr/lib/python3/dist-packages/skimage/data"
ENDLESS_SKY = "/usr/share/games/endless-sky/images"
LOMIRI = "/usr/share/backgrounds"

# (package, file, licence, author or source). The licence as the package's copyright file or scikit-image's own documentation of
# the picture (skimage/data/_fetchers.py) states it.
_SKIMAGE = [
    ("astronaut.png", "public domain", "NASA"),
    ("chelsea.png", "CC0-1.0", "Stefan van der Walt"),
    ("coffee.png", "CC0-1.0", "Rachel Michetti"),
    ("hubble_deep_field.jpg", "public domain", "NASA"),
    ("rocket.jpg", "public domain", "SpaceX"),
    ("brick.png", "CC0-1.0", "CC0Textures"),
    ("grass.png", "CC0-1.0", "linolafett"),
    ("gravel.png", "CC0-1.0", "CC0Textures"),
    ("camera.png", "CC0-1.0", "Lav Varshney"),
    ("retina.jpg", "CC0-1.0", "Haggstrom, WikiJournal of Medicine"),
]

_LOMIRI = [
    ("aitzgorri_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi"),
    ("friends_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi"),
    ("life_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi"),
    ("sunset_by_Aitzol_Berasategi.jpg", "CC-BY-4.0", "Aitzol Berasategi"),
    ("Picture_0B_by_freespace.jpg", "CC-BY-4.0", "Trevor \"Freespace\""),
    ("Picture_1A_by_freespace.jpg", "CC-BY-4.0", "Trevor \"Freespace\""),
    ("seeding_by_Clements_Engelhardt.jpg", "CC0-1.0", "Clemens Engelhardt"),
    ("umang_by_Abhishek_Mudgal.jpg", "CC-BY-4.0", "Abhishek Mudgal"),
    ("Wine_by_Jakkub_Mede.jpg", "CC-BY-4.0", "Jakub Mede"),
]

# Endless Sky's copyright file: photographs from unsplash.com, donated to the public domain; NASA; USGS.
_UNSPLASH = (
    "badlands0 badlands5 badlands7 badlands8 beach0 beach2 beach3 beach4 beach5 beach6 canyon0 canyon7 city4 city6 city8 city9 "
    "city10 city11 city12 desert1 desert2 fields1 fields2 fields5 fields6 fields7 fields9 fog0 fog2 fog4 forest1 forest2 forest3 "
    "forest4 forest5 hills2 lava1 lava2 lava6 mountain1 mountain3 mountain4 mountain5 mountain6 mountain7 mountain8 mountain9 sea3 "
    "sea8 sky0 sky2 sky3 sky7 sky8 sky9 snow0 snow1 snow2 snow3 snow4 snow6 snow7 snow10 space2 water0 water8"
).split()
_NASA = "desert0 earthrise nasa* station1 station2 station3 station4".split()
_LIBRARY_OF_CONGRESS = "loc*"

HELD_OUT = {
    "astronaut.png", "chelsea.png", "coffee.png", "land/city4.jpg", "land/forest2.jpg", "land/mountain5.jpg", "land/beach3.jpg",
    "friends_by_Aitzol_Berasategi.jpg",
}


def table():
    """Rows (package, folder, file, licence, source) of the pictures on this machine."""
    rows = [("python3-skimage", SKIMAGE, *row) for row in _SKIMAGE]
    rows += [("lomiri-wallpapers-16.04", LOMIRI, *row) for row in _LOMIRI]
    rows += [("endless-sky-data", ENDLESS_SKY, f"land/{name}.jpg", "public domain", "unsplash.com") for name in _UNSPLASH]
    land = sorted(os.listdir(os.path.join(ENDLESS_SKY, "land")))
    for pattern in _NASA:
        rows += [("endless-sky-data", ENDLESS_SKY, f"land/{name}", "public domain", "NASA") for name in fnmatch.filter(land, pattern + ".jpg")]
    rows.append(("endless-sky-data", ENDLESS_SKY, "land/lava0.jpg", "public domain", "USGS"))
    scene = sorted(os.listdir(os.path.join(ENDLESS_SKY, "scene")))
    rows += [("endless-sky-data", ENDLESS_SKY, f"scene/{name}", "public domain", "Library of Congress") for name in fnmatch.filter(scene, _LIBRARY_OF_CONGRESS + ".jpg")]
    return rows


def read(folder, file, lines=360):
    """float32 RGB, 0 to 1, with so many lines."""
    picture = cv2.imread(os.path.join(folder, file), cv2.IMREAD_COLOR)
    if picture is None:
        raise FileNotFoundError(os.path.join(folder, file))
    scale = lines / picture.shape[0]
    picture = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC)
    return np.clip(picture[..., ::-1].astype(np.float32) / 255, 0, 1)


if __name__ == "__main__":
    print("| package | picture | licence | from | used |\n| --- | --- | --- | --- | --- |")
    for package, _, file, licence, source in table():
        print(f"| {package} | `{file}` | {licence} | {source} | {'held out' if file in HELD_OUT else 'training'} |")
