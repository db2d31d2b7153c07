"""``python -m altac``"""

from altac.cli import main

if __name__ == "__main__":
    main(prog_name="altac")
