"""Where runs are carried out: this machine's devices, their queue, and detached supervisors."""
