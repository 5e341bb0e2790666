"""An opportunity is let through the gate `opportunity_stage` to a stage, or kept with a reason.

Of a stage it says whether anything is kept from it, in one company.
"""

from typing import Final

from workers.config.effect_kinds import EffectKind
from workers.effects.releasing import kind_of

#: A person moves it all the same.
KIND: Final[EffectKind] = kind_of("opportunity_stage", low_risk=True)
