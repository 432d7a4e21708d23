"""The bill of materials of an environment and the machine below it: what it is made of, and what needs what."""
