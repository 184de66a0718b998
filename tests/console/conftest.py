from tests.browser import browser, laptop, phone, plain, site

__all__ = ["browser", "laptop", "phone", "plain", "site"]
