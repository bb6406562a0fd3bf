"""What happens when processes, disks and helpers fail."""
