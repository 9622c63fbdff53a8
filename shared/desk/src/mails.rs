//! The mail ledger by hand: looking, sending again, and addresses that mails came back from.

use std::collections::HashSet;

use domain::role::Act;
use messages::{MailQueued, Queue};
use store::{
    Session,
    bounces::Bounce,
    mails::{Mail, MailSelection},
};
use uuid::Uuid;

use crate::{Bell, Desk, DeskError, Outbox, Reach, Refusal};

/// What a sending by hand would do.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Resending {
    /// Mails in all.
    pub mails: i64,
    /// Who would get them, and how many: the most first.
    pub recipients: Vec<(String, i64)>,
    /// How many of the mails would be refused again, since mails to their addresses came back.
    pub bounced: i64,
}

impl Desk {
    /// The newest mails.
    pub async fn mails(&self, account: &str, wanted: &MailSelection, most: i64) -> Result<Vec<Mail>, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let mut view = self.store.view().await?;
        Ok(store::mails::list(&mut view, wanted, most).await?)
    }

    /// One mail of the ledger.
    pub async fn mail(&self, account: &str, id: Uuid) -> Result<Mail, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let mut view = self.store.view().await?;
        let found = store::mails::find(&mut view, id).await?;
        Ok(found.ok_or_else(|| Refusal::unknown("mail", &id.to_string()))?)
    }

    /// Sends a mail again that was refused, or of which nobody knows whether it arrived.
    pub async fn resend_mail(&self, account: &str, id: Uuid) -> Result<Vec<Bell>, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        let mail = store::mails::lock(&mut unit, &[id])
            .await?
            .pop()
            .ok_or_else(|| Refusal::unknown("mail", &id.to_string()))?;
        if !store::mails::requeue(&mut unit, id).await? {
            return Err(Refusal::new(
                "not-resendable",
                format!("the mail is {}", mail.status),
                "only mails that are refused or unknown, or whose message was discarded, are sent again",
            )
            .into());
        }
        store::ledger::discard_dead(&mut unit, &[id], moment.machine).await?;
        let mut outbox = Outbox::new();
        outbox.first(self, Queue::Mails, &MailQueued { mail_id: id }, moment);
        let bells = outbox.write(&mut unit).await?;
        let act = self.act(account, "mail-resend", mail.org_code.as_deref(), Some(format!("mail:{id}")), "done");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(bells)
    }

    /// Who would get what [`Self::resend_mails`] sends again.
    pub async fn preview_resending(&self, account: &str, wanted: &MailSelection) -> Result<Resending, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let mut view = self.store.view().await?;
        let mut recipients = store::mails::count_by_hand(&mut view, wanted).await?;
        for id in self.stranded(&mut view, wanted).await? {
            let Some(mail) = store::mails::find(&mut view, id).await? else { continue };
            match recipients.iter_mut().find(|(address, _)| *address == mail.recipient) {
                Some((_, count)) => *count += 1,
                None => recipients.push((mail.recipient, 1)),
            }
        }
        let addresses: Vec<&str> = recipients.iter().map(|(address, _)| address.as_str()).collect();
        let known = store::bounces::among(&mut view, &addresses).await?;
        let known: HashSet<String> = known.into_iter().map(|(address, _)| address).collect();
        let sum = |of: &mut dyn Iterator<Item = &(String, i64)>| of.map(|(_, count)| count).sum();
        Ok(Resending {
            mails: sum(&mut recipients.iter()),
            bounced: sum(&mut recipients.iter().filter(|(address, _)| known.contains(&address.to_lowercase()))),
            recipients,
        })
    }

    /// Mails of a selection that wait for a message which does not exist any more.
    async fn stranded(&self, session: &mut impl Session, wanted: &MailSelection) -> Result<Vec<Uuid>, DeskError> {
        let fits = |own: &str, wanted: &Option<String>| wanted.as_ref().is_none_or(|wanted| wanted == own);
        let mut found = Vec::new();
        for id in store::ledger::stranded(session).await? {
            let Some(mail) = store::mails::find(session, id).await? else { continue };
            if fits(&mail.status, &wanted.status)
                && fits(&mail.recipient, &wanted.recipient)
                && fits(&mail.kind, &wanted.kind)
            {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Sends all mails of a selection (status, recipient, kind) that are refused, unknown or stranded again; the bells, one for
    /// each.
    pub async fn resend_mails(&self, account: &str, wanted: &MailSelection) -> Result<Vec<Bell>, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        // Asked first: what is made ready now has no message yet either.
        let stranded = self.stranded(&mut unit, wanted).await?;
        let mut ids = store::mails::requeue_many(&mut unit, wanted).await?;
        for id in stranded {
            // Asked once more for each: one that was sent meanwhile stays so.
            if store::mails::requeue(&mut unit, id).await? {
                ids.push(id);
            }
        }
        store::ledger::discard_dead(&mut unit, &ids, moment.machine).await?;
        let mut outbox = Outbox::new();
        for id in &ids {
            outbox.first(self, Queue::Mails, &MailQueued { mail_id: *id }, moment);
        }
        let bells = outbox.write(&mut unit).await?;
        let act = self.act(account, "mail-resend", None, Some(format!("mails:{}", ids.len())), "done");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(bells)
    }

    /// Records that mails to an address came back: nothing more is sent there. Which unions and accounts have the address.
    pub async fn record_bounce(&self, account: &str, address: &str, reason: &str) -> Result<Vec<Bounce>, DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let address = domain::email::read_email(address)
            .ok_or_else(|| Refusal::new("usage", "that is no mail address", "write it as name@example.org"))?
            .to_lowercase();
        let moment = self.moment();
        let mut unit = self.store.begin().await?;
        // The reason is shown to people in one line.
        let reason: String = domain::mask::mask_digits(&domain::shown::line(reason)).chars().take(200).collect();
        store::bounces::record(&mut unit, &address, &reason, account, moment.business).await?;
        let mut concerned = store::bounces::list(&mut unit, None).await?;
        concerned.retain(|bounce| bounce.address == address);
        let org = concerned.iter().find_map(|bounce| bounce.org_code.clone());
        let about = Some(format!("address:{}", domain::mask::mask_email(&address)));
        let act = self.act(account, "mail-bounced", org.as_deref(), about, "done");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(concerned)
    }

    /// Takes the entry of an address away, as when the mailbox works again.
    pub async fn forget_bounce(&self, account: &str, address: &str) -> Result<(), DeskError> {
        self.authorize(account, Act::ManageMail, None).await?;
        let mut unit = self.store.begin().await?;
        if !store::bounces::forget(&mut unit, address).await? {
            return Err(Refusal::unknown("bounced address", address).into());
        }
        let about = Some(format!("address:{}", domain::mask::mask_email(address)));
        let act = self.act(account, "mail-bounce-cleared", None, about, "done");
        store::audit::record(&mut unit, &[act]).await?;
        unit.commit().await?;
        Ok(())
    }

    /// Addresses that mails came back from, of the unions within an account's reach: below an organization, or all.
    pub async fn bounces(&self, account: &str, org: Option<&str>) -> Result<Vec<Bounce>, DeskError> {
        let below = match org {
            Some(code) => Some(self.organization(account, code).await?.path),
            None if self.authorize(account, Act::SeeOrganizations, None).await? == Reach::All => None,
            None => {
                return Err(Refusal::new("usage", "name an organization within your reach", "--org CODE").into());
            }
        };
        let mut view = self.store.view().await?;
        Ok(store::bounces::list(&mut view, below.as_deref()).await?)
    }
}
