"""A quotation is let through the gate `order_confirmation`, or kept with a reason."""

from typing import Final

from workers.config.effect_kinds import EffectKind
from workers.effects.releasing import kind_of

#: A person confirms it all the same.
KIND: Final[EffectKind] = kind_of("order_confirmation", low_risk=True)
