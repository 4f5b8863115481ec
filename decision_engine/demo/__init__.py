"""The demonstration: an invented town, and stories played in it through the front door."""

from decision_engine.demo.deploy import deploy_shipped, shipped_diagrams
from decision_engine.demo.town import Town, found_town
from decision_engine.work import House

__all__ = ["Town", "deploy_shipped", "found_town", "load_town", "shipped_diagrams"]


def load_town(house: House, *, deploy: bool = True) -> Town:
    """Load the demonstration town and put the shipped procedure in force, unless they are there; return the town.

    Without *deploy* only the register is loaded: organs, units, people, bodies.
    """
    town = found_town(house)
    if deploy:
        deploy_shipped(house, town)
    return town
