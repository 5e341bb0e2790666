"""Numbers of things, as people say them."""


def counted(count: int, noun: str) -> str:
    """The number with its noun, such as "1 run" or "2 runs"."""
    if count == 1:
        return f"1 {noun}"
    many = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeou" else f"{noun}s"
    return f"{count} {many}"
