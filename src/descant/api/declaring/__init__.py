"""How an endpoint is declared: what it takes, who may ask, what it gives; all else is made of that."""

from descant.api.declaring.endpoints import ENDPOINTS, Asked, Endpoint, Page, Standing, endpoint
from descant.api.declaring.parameters import Given, Parameter

__all__ = ["ENDPOINTS", "Asked", "Endpoint", "Given", "Page", "Parameter", "Standing", "endpoint"]
