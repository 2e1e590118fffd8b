//! Why points were lost, told without a flood: each cause once.

use std::collections::HashSet;

use super::super::super::DropReason;

/// Causes remembered; further ones are counted and no longer told.
const CAUSES_MAX: usize = 100;

/// Why points were lost, as far as it was told.
#[derive(Debug, Default)]
pub(super) struct Causes(HashSet<(DropReason, String)>);

impl Causes {
    pub(super) fn tell(&mut self, who: &str, reason: DropReason, cause: &str) {
        if self.is_new(reason, cause) {
            tracing::warn!(
                reason = reason.as_str(),
                "{who}: left out points, and will each time without a word: {cause}"
            );
            if self.0.len() == CAUSES_MAX {
                tracing::warn!("{who}: further causes of lost points are only counted");
            }
        }
    }

    fn is_new(&mut self, reason: DropReason, cause: &str) -> bool {
        self.0.len() < CAUSES_MAX && self.0.insert((reason, cause.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cause_is_told_once_and_not_for_ever() {
        let mut causes = Causes::default();
        assert!(causes.is_new(DropReason::Invalid, "a"));
        assert!(!causes.is_new(DropReason::Invalid, "a"));
        assert!(causes.is_new(DropReason::TooOld, "a"));
        let told = (0..1000)
            .filter(|n| causes.is_new(DropReason::Invalid, &n.to_string()))
            .count();
        assert_eq!(told, CAUSES_MAX - 2);
    }
}
