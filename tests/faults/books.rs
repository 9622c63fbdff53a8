//! The books: everything on record as the command line tells it, held against the figures of the rosters.

use crate::faults::scene::Scene;
use domain::mask::mask_number;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Everything on record.
pub struct Books {
    uploads: Vec<Value>,
    members: Vec<Value>,
    /// The mail ledger.
    pub mails: Vec<Value>,
    queues: Vec<Value>,
    /// The dead pile.
    pub dead: Vec<Value>,
    /// Copies of mails that arrived, by Message-ID.
    pub copies: BTreeMap<String, usize>,
}

/// Reads the books.
pub async fn books(scene: &Scene) -> Books {
    let list = async |words: &[&str]| match scene.installation.json(words).await {
        Value::Array(all) => all,
        other => panic!("{words:?} gave no list but {other}"),
    };
    let Value::Array(members) = scene.members().await else { panic!("members are a list") };
    Books {
        uploads: list(&["upload", "list", "--most", "100000"]).await,
        members,
        mails: list(&["mail", "list", "--most", "100000"]).await,
        queues: list(&["queue", "list"]).await,
        dead: list(&["dead", "list"]).await,
        copies: copies(scene),
    }
}

/// What arrived, by Message-ID; `.eml` files are named by it, so a second copy takes the place of the first.
fn copies(scene: &Scene) -> BTreeMap<String, usize> {
    let mut copies = BTreeMap::new();
    let mut count = |id: String| *copies.entry(id).or_insert(0) += 1;
    if let Some(smtp) = &scene.smtp {
        smtp.received().iter().for_each(|mail| count(mail.header("message-id").unwrap()));
    } else {
        let paths = std::fs::read_dir(scene.data().join("outbox")).unwrap().map(|entry| entry.unwrap().path());
        let mails = paths.filter(|path| path.extension().is_some_and(|extension| extension == "eml"));
        mails.for_each(|path| count(path.file_name().unwrap().to_str().unwrap().to_owned()));
    }
    copies
}

impl Books {
    /// Every upload done once, with the counts and the members of its roster; every mail sent once, but for at most
    /// `second_copies` that died between the server's answer and the ledger; nothing open, nothing dead.
    pub fn balance(&self, scene: &Scene, second_copies: usize) {
        self.nothing_is_open();
        assert!(self.dead.is_empty(), "{:?}", self.dead);
        self.uploads_are_done(scene);
        self.members_are_those_of(scene);
        let about: Vec<&str> = self.mails.iter().map(|mail| mail["about"].as_str().unwrap()).collect();
        let once: BTreeSet<&str> = about.iter().copied().collect();
        assert_eq!(about.len(), once.len(), "two mails about one upload: {about:?}");
        let uploads = self.uploads.iter().map(|upload| format!("upload:{}", upload["id"].as_str().unwrap()));
        assert_eq!(once, uploads.collect::<Vec<_>>().iter().map(String::as_str).collect());
        assert!(self.mails.iter().all(|mail| mail["status"] == "sent"), "{:?}", self.mails);
        self.every_mail_arrived(second_copies);
        Self::files_are_kept(scene);
    }

    /// Nothing is ready, running or waiting: outbox and queues are empty.
    pub fn nothing_is_open(&self) {
        for queue in &self.queues {
            let open = ["ready", "running", "waiting"].map(|state| queue[state].as_u64().unwrap());
            assert_eq!(open, [0, 0, 0], "{queue}");
        }
    }

    /// Every mail that is `sent` arrived, each with a Message-ID of its own.
    pub fn every_mail_arrived(&self, second_copies: usize) {
        let sent = self.mails.iter().filter(|mail| mail["status"] == "sent");
        let ids: BTreeSet<&str> = sent.map(|mail| mail["id"].as_str().unwrap()).collect();
        assert_eq!(self.copies.len(), ids.len(), "as many arrived as were sent");
        let strange: Vec<_> = self.copies.keys().filter(|key| !ids.iter().any(|id| key.contains(id))).collect();
        assert!(strange.is_empty(), "{strange:?} are no Message-IDs of {ids:?}");
        let extra: usize = self.copies.values().map(|count| count - 1).sum();
        assert!(extra <= second_copies, "{extra} second copies: {:?}", self.copies);
        if extra > 0 {
            eprintln!(
                "note: {extra} mail(s) arrived twice with the same Message-ID (killed between answer and ledger)"
            );
        }
    }

    fn uploads_are_done(&self, scene: &Scene) {
        let ids: BTreeSet<&str> = self.uploads.iter().map(|upload| upload["id"].as_str().unwrap()).collect();
        let known = scene.accepted.keys().map(String::as_str).chain([scene.first_upload.as_str()]);
        assert_eq!(ids, known.collect(), "the uploads on record are those that were accepted");
        for upload in &self.uploads {
            let Some(roster) = scene.accepted.get(upload["id"].as_str().unwrap()) else { continue };
            assert_eq!(upload["status"], "done", "{upload}");
            let counts = ["read", "accepted", "unchanged", "rejected", "duplicate", "transfers"];
            let counts = counts.map(|count| upload["counts"][count].as_u64().unwrap());
            let accepted = roster.members.len() as u64;
            assert_eq!(counts, [roster.read, accepted, 0, roster.rejected, roster.duplicate, 0], "{upload}");
        }
    }

    fn members_are_those_of(&self, scene: &Scene) {
        let text = |member: &Value, key: &str| member[key].as_str().unwrap().to_owned();
        let mut found: Vec<[String; 3]> =
            self.members.iter().map(|own| ["org", "name", "id_masked"].map(|key| text(own, key))).collect();
        let mut wanted: Vec<[String; 3]> = Vec::new();
        for roster in scene.accepted.values() {
            let of = |person: &support::people::Person| {
                [roster.union.clone(), person.name.clone(), mask_number(&person.id_number)]
            };
            wanted.extend(roster.members.iter().map(of));
        }
        found.sort();
        wanted.sort();
        assert_eq!(found.len(), wanted.len(), "as many members as the rosters have good rows");
        assert!(found == wanted, "the members are not those of the rosters");
        let numbers: BTreeSet<String> = self.members.iter().map(|own| text(own, "member_no")).collect();
        assert_eq!(numbers.len(), found.len(), "everybody has a number of his own");
    }

    /// Of every upload the original and the result are there, the rejected rows where there are any, and nothing else
    /// that an upload on record does not know.
    fn files_are_kept(scene: &Scene) {
        let mut wanted = BTreeSet::new();
        for (id, roster) in &scene.accepted {
            wanted.extend(["original", "result.xlsx"].map(|part| format!("{id}.{part}")));
            wanted.extend((roster.rejected > 0).then(|| format!("{id}.rejected.xlsx")));
        }
        let missing: Vec<_> = wanted.difference(&files(scene)).cloned().collect();
        assert!(missing.is_empty(), "not in the file store: {missing:?}");
    }
}

/// The names of the files that are stored for uploads.
pub fn files(scene: &Scene) -> BTreeSet<String> {
    let days = std::fs::read_dir(scene.data().join("files/uploads")).unwrap();
    let names = days.flat_map(|day| std::fs::read_dir(day.unwrap().path()).unwrap());
    names.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}
