"""What we promise and by when: pure arithmetic over a policy that people can edit.

In: a priority and a moment. Out: a `Clock` with the moment it is due.
May import: errors.
"""
