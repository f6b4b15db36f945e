from benchmarks.children.blas import loaded_libraries

MAPS = """\
7f00-7f10 r-xp 00000000 fe:00 123 /usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so
7f10-7f20 r--p 00010000 fe:00 123 /usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so
7f20-7f30 r-xp 00000000 fe:00 124 /venv/numpy.libs/libscipy_openblas64_-32a4b2a6.so
7f30-7f40 rw-p 00000000 00:00 0
7f40-7f50 rw-p 00000000 00:00 0 [heap]
"""


def test_the_systems_openblas_is_told_from_numpys() -> None:
    assert loaded_libraries(MAPS) == ["/usr/lib/x86_64-linux-gnu/openblas-pthread/libopenblasp-r0.3.21.so"]
