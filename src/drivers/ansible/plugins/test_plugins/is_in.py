"""The test `is_in`: `in` as a test, for selectattr() with the operands the other way round."""


def is_in(item, container):
    return item in container


class TestModule:
    def tests(self):
        return {"is_in": is_in}
