from tests.payments.conftest import money as money
