"""``python -m mlenv``: the same program as the ``mlenv`` command."""

from mlenv.cli import main

if __name__ == "__main__":
    main()
