"""Shows what nets cost, teacher beside student: `python tools/cost.py table1`. See layerhint/cost/cli.py."""

import sys

from layerhint.cost.cli import main

if __name__ == "__main__":
    sys.exit(main())
