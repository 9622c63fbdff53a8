//! Tables of transitions: which event leads from which state to which, and who may cause it. What is in no row is refused,
//! and the refusal is a value.

use std::fmt;

use crate::role::Role;

/// One row of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Transition<S: 'static, E: 'static> {
    /// The state before; none where there is nothing yet.
    pub from: Option<S>,
    /// What happens.
    pub event: E,
    /// The state after; none is the state that it failed from, which its record keeps.
    pub to: Option<S>,
    /// Whose act it is; nobody's where a closing or another act brings it about.
    pub who: &'static [Role],
}

/// Why an event does not lead on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal<S, E> {
    /// Nothing leads on from this state by this event.
    State {
        /// The state as it is; none where there is nothing yet.
        from: Option<S>,
        /// What was asked for.
        event: E,
    },
    /// It is not this role's act.
    Role {
        /// The state as it is.
        from: Option<S>,
        /// What was asked for.
        event: E,
        /// Who asked.
        role: Role,
    },
}

impl<S, E> Refusal<S, E> {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::State { .. } => "wrong-state",
            Self::Role { .. } => "wrong-role",
        }
    }
}

impl<S: fmt::Display, E: fmt::Display> fmt::Display for Refusal<S, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::State { event, .. } => write!(f, "{event} is not possible for ")?,
            Self::Role { event, role, .. } => write!(f, "{event} is not for a {} to do with ", role.name())?,
        }
        let (Self::State { from, .. } | Self::Role { from, .. }) = self;
        match from {
            Some(state) => write!(f, "what is {state}"),
            None => f.write_str("what is not there yet"),
        }
    }
}

impl<S, E> std::error::Error for Refusal<S, E> where Self: fmt::Debug + fmt::Display {}

/// The row of an event. `role` is who acts; none where no person does.
pub fn step<S: Copy + PartialEq, E: Copy + PartialEq>(
    table: &'static [Transition<S, E>],
    from: Option<S>,
    event: E,
    role: Option<Role>,
) -> Result<&'static Transition<S, E>, Refusal<S, E>> {
    let row = table.iter().find(|row| row.from == from && row.event == event);
    let row = row.ok_or(Refusal::State { from, event })?;
    match role {
        Some(role) if !row.who.contains(&role) => Err(Refusal::Role { from, event, role }),
        _ => Ok(row),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        enrollment::{
            batch::{self, BatchEvent},
            instant::{self, InstantEvent},
            submission::{self, SubmissionEvent},
        },
        role::{Act, may},
    };

    /// Rows with a role that the act behind them does not allow. Rows of nobody's act are fine.
    fn beyond_rights<S: Copy, E: Copy>(table: &[Transition<S, E>], act: impl Fn(E) -> Option<Act>) -> usize {
        let allowed = |event, role: &Role| act(event).is_some_and(|act| may(*role, act));
        table.iter().filter(|row| !row.who.iter().all(|role| allowed(row.event, role))).count()
    }

    #[test]
    fn no_row_gives_a_role_more_than_the_table_of_rights() {
        let submission = beyond_rights(submission::TRANSITIONS, |event| match event {
            SubmissionEvent::Submit => Some(Act::SubmitEnrollment),
            SubmissionEvent::Approve | SubmissionEvent::Return => Some(Act::ReviewEnrollment),
            SubmissionEvent::Finalize => Some(Act::SubmitBatch),
            SubmissionEvent::Undo => Some(Act::UndoFailure),
            SubmissionEvent::TakeEffect | SubmissionEvent::Fail => None,
        });
        let batch = beyond_rights(batch::TRANSITIONS, |event| match event {
            BatchEvent::Submit | BatchEvent::SubmitPaid => Some(Act::SubmitBatch),
            BatchEvent::Upload => Some(Act::UploadVoucher),
            BatchEvent::Confirm | BatchEvent::Reject => Some(Act::CheckVoucher),
            BatchEvent::Undo => Some(Act::UndoFailure),
            BatchEvent::Fail => None,
        });
        let instant = beyond_rights(instant::TRANSITIONS, |event| match event {
            InstantEvent::Draw | InstantEvent::Submit | InstantEvent::Withdraw => Some(Act::SubmitInstant),
            InstantEvent::Approve | InstantEvent::Return => Some(Act::ApproveInstant),
            InstantEvent::Cancel | InstantEvent::Expire => None,
        });
        assert_eq!((submission, batch, instant), (0, 0, 0));
    }

    #[test]
    fn a_refusal_says_in_words_what_is_not_possible() {
        use submission::SubmissionStatus::Failed;
        let refusals = [
            Refusal::State { from: Some(Failed), event: SubmissionEvent::Approve },
            Refusal::State { from: None, event: SubmissionEvent::TakeEffect },
            Refusal::Role { from: Some(Failed), event: SubmissionEvent::Undo, role: Role::Clerk },
        ];
        assert_eq!(
            refusals.map(|refusal| refusal.to_string()),
            [
                "approve is not possible for what is failed",
                "take-effect is not possible for what is not there yet",
                "undo is not for a clerk to do with what is failed",
            ]
        );
    }

    #[test]
    fn an_event_leads_from_a_state_to_one_state_only() {
        fn twice<S: Copy + PartialEq, E: Copy + PartialEq>(table: &[Transition<S, E>]) -> bool {
            let same = |one: &&Transition<S, E>, two: &Transition<S, E>| one.from == two.from && one.event == two.event;
            table.iter().enumerate().any(|(place, two)| table[..place].iter().any(|one| same(&one, two)))
        }
        assert!(!twice(submission::TRANSITIONS) && !twice(batch::TRANSITIONS) && !twice(instant::TRANSITIONS));
    }
}
