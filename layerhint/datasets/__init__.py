"""Images to LMDBs: a publisher's files, or a user's own folder of images, become shuffled LMDBs and mean files.

`layerhint.datasets.make` does it. `publishers` has the paper's data sets, `sample` the committed part of them, `own`
the folders of images.
"""
