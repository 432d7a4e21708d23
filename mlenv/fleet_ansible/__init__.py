"""An Ansible inventory asked by mlenv: Ansible brings the single file to each host and its report back."""
