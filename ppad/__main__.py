"""`python -m ppad`: the `ppad` command."""

from ppad.cli.main import main

if __name__ == "__main__":
    main()
