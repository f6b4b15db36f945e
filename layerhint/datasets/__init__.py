"""Images to LMDBs: a publisher's files, or a folder of one's own, become shuffled LMDBs and mean files.

`layerhint.datasets.make` does it. `publishers` has the paper's data sets, `sample` the committed part of them, `own`
the folders of images.
"""
