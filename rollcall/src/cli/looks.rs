//! Which commands merely look: they lead to no mail, whatever the time that they are given.

use super::{
    BatchCommand, ClockCommand, Command, CompareCommand, CreditCommand, DeadCommand, EnrollCommand, InstantCommand,
    MailCommand, MemberCommand, OrgCommand, PaymentCommand, PremiumCommand, QueueCommand, ReviewCommand,
    TransferCommand, UploadCommand, WindowCommand, YearCommand,
};

impl Command {
    /// Whether nothing that is sent to people can come of it. What is not known to look acts.
    pub fn merely_looks(&self) -> bool {
        match self {
            Self::Config { .. }
            | Self::Doctor { .. }
            | Self::Template { .. }
            | Self::Check { .. }
            | Self::Notice(_)
            | Self::Stats(_)
            | Self::Monitor(_)
            | Self::Forecast(_)
            | Self::Audit { .. }
            | Self::Account(_)
            | Self::Asyncapi
            | Self::Migrate => true,
            Self::Org(command) => matches!(command, OrgCommand::List { .. } | OrgCommand::Show { .. }),
            Self::Upload(args) => matches!(
                args.command,
                Some(UploadCommand::List { .. } | UploadCommand::Show { .. } | UploadCommand::Result { .. })
            ),
            Self::Compare(command) => matches!(command, CompareCommand::List { .. } | CompareCommand::Show { .. }),
            Self::Member(command) => matches!(command, MemberCommand::List { .. } | MemberCommand::Show { .. }),
            Self::Transfer(command) => matches!(command, TransferCommand::List { .. }),
            Self::Window(command) => matches!(command, WindowCommand::List { .. } | WindowCommand::Status { .. }),
            Self::Year(command) => !matches!(command, YearCommand::Load { .. }),
            Self::Premium(command) => matches!(command, PremiumCommand::Show { .. }),
            Self::Enroll(command) => matches!(
                command,
                EnrollCommand::Preview { .. }
                    | EnrollCommand::Pending { .. }
                    | EnrollCommand::Show { .. }
                    | EnrollCommand::History { .. }
            ),
            Self::Review(command) => matches!(command, ReviewCommand::List { .. }),
            Self::Batch(command) => {
                matches!(command, BatchCommand::Preview { .. } | BatchCommand::List { .. } | BatchCommand::Show { .. })
            }
            Self::Payment(command) => matches!(command, PaymentCommand::List { .. }),
            Self::Credit(command) => matches!(command, CreditCommand::List { .. }),
            Self::Instant(command) => matches!(command, InstantCommand::List { .. } | InstantCommand::Preview { .. }),
            Self::Queue(command) => matches!(command, QueueCommand::List),
            Self::Dead(command) => matches!(command, DeadCommand::List | DeadCommand::Show { .. }),
            Self::Mail(command) => !matches!(command, MailCommand::Resend(_)),
            Self::Clock(command) => matches!(command, ClockCommand::Show),
            _ => false,
        }
    }
}
