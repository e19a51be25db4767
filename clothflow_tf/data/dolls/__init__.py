# SPDX-License-Identifier: Apache-2.0
"""Paper dolls: drawn people whose clothing flow is known exactly.

No public try-on data set has a true dense flow, so this package makes one, as
FlyingChairs did for optical flow. A garment is painted flat, once; a mesh over
it is moved onto a posed body by a smooth map; and the picture of the person is
drawn through that mesh. The same triangles then give, at every pixel centre,
the place in the source that the pixel shows: the flow is exact because it drew
the picture, and is never computed from images.

Read in this order: `streams` (randomness), `frames`, `places` and `curves`
(geometry), `body` and `pose` (who, and how they stand), `puppet` (the posed
body as a map), `garment`, `tube`, `outline`, `upper` and `lower` (cuts of
garments), `lay`, `textures`, `motifs`, `painting`, `tailoring`, `trimmings`,
`prints` and `product` (paint), `drape` (the map onto the body), `mesh`,
`weaving`, `surface` and `canvas` (triangles and layers), `shading`, `folds`,
`creases` and `sheets` (cloth in its light), `flesh`, `hands`, `shoes`, `face`,
`hair`, `outfit`, `person` and `figure` (the drawing order), then the same from
the side: `back` (of garments), `side` (the body as a cylinder), `side_drape`,
`side_flesh`, `side_face`, `side_hair`, `side_person` and `side_figure`; then
the scene: `scenery`, `surfaces`, `furniture`, `rooms`, `outdoors`, `lighting`
and `backdrops` (where they stand), `bystanders`, `framing` (the camera),
`clues`, `mislabelling` and `parser_errors` (what a parser gets wrong); last
`truth` (flow), `difficulty` (tags), `wardrobe` and `triplets` (who wears what),
`generate` (records) and `builder` (the data set).
Numpy and OpenCV only.

Coordinates: a *body unit* is the distance from the neck to a shoulder. *Flat
space* has its origin at the neck, x to the right of the picture, y down; a
garment lying flat and a body standing upright share it. Everything is painted
at twice the size of the record and averaged down, so a pixel centre x of the
record lies at 2 x + 0.5 of the painting.

Reference: Dosovitskiy et al., FlowNet, ICCV 2015 (FlyingChairs).
"""
