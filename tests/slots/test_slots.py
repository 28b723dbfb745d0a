"""Whatever a client asks for and whatever goes wrong: the slots fired are those that the policies define."""

from .telling import stories

test_at_random_the_slots_fired_are_the_ones_that_the_book_says = stories(350, derandomize=True)
