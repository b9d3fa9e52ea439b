//! Who is killed when: after which step of all the steps that the callers take.

use ambient::Random;

use crate::world::Role;
use crate::{KILLS, STEPS};

/// The roles that run, and are killed.
pub(crate) const KILLED: [Role; 4] =
    [Role::Broker, Role::Registry, Role::Einnsyn, Role::Kommune];
/// Steps between two kills, on average.
pub(crate) const STRETCH: usize = STEPS / KILLS;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Kill {
    pub(crate) role: Role,
    pub(crate) after: usize,
}

/// One kill at a random step of each stretch; each role as often as the others.
pub(crate) fn draw(random: &Random) -> Vec<Kill> {
    let mut roles: Vec<Role> = KILLED.into_iter().cycle().take(KILLS).collect();
    for last in (1..roles.len()).rev() {
        roles.swap(last, below(random, last + 1));
    }
    let kills = roles.into_iter().enumerate();
    let kills = kills.map(|(n, role)| Kill {
        role,
        after: n * STRETCH + below(random, STRETCH),
    });
    kills.collect()
}

/// How often each was killed.
pub(crate) fn summary(plan: &[Kill]) -> String {
    let count = |role| plan.iter().filter(|kill| kill.role == role).count();
    let each = KILLED.map(|role| format!("{role:?} {}", count(role)));
    format!("killed: {}", each.join(", "))
}

fn below(random: &Random, end: usize) -> usize {
    usize::try_from(random.number() % end as u64).expect("it is below a usize")
}
