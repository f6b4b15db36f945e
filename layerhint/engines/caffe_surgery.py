"""Net surgery by the real pycaffe: `python -m layerhint.engines.caffe_surgery FILE`, in a process of its own."""

import sys
from pathlib import Path

from layerhint.caffe_command import ERROR
from layerhint.errors import LayerhintError
from layerhint.surgery import surgery


def main() -> int:
    import caffe

    try:
        surgery.perform(caffe, Path(sys.argv[1]))
    except LayerhintError as error:
        print(f"{ERROR}{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
