"""A draft invoice is let through the gate `invoice_release`, or kept with a reason."""

from typing import Final

from workers.config.effect_kinds import EffectKind
from workers.effects.releasing import kind_of

KIND: Final[EffectKind] = kind_of("invoice_release")
