//! The files that go with a mail, fetched right before it is sent; what is too large or gone stays behind, and the mail says so.

use files::{Files, FilesError};
use mail::{Attachment, template::Enclosed};
use store::mails::MailFile;

/// Files with their bytes, and those that stay behind.
#[derive(Debug, Default)]
pub(super) struct Enclosure {
    pub attachments: Vec<Attachment>,
    left_out: Vec<String>,
}

impl Enclosure {
    /// Fetches the files. Nothing that alone exceeds a mail is read into memory.
    pub async fn fetch(store: &Files, wanted: &[MailFile], most_bytes: u64) -> Result<Self, FilesError> {
        let mut enclosure = Self::default();
        let mut bytes_in_all = 0_u64;
        for file in wanted {
            let size = store.head(&file.object_key).await?.map(|listed| listed.bytes);
            match size {
                Some(size) if bytes_in_all.saturating_add(size) <= most_bytes => {
                    bytes_in_all += size;
                    let bytes = store.get(&file.object_key).await?;
                    let (name, content_type) = (file.name.clone(), file.content_type.clone());
                    enclosure.attachments.push(Attachment { name, content_type, bytes });
                }
                Some(_) | None => enclosure.left_out.push(file.name.clone()),
            }
        }
        Ok(enclosure)
    }

    /// All stay behind: with them the mail was too large once it was encoded.
    pub fn leave_out(&mut self) {
        self.left_out.splice(..0, self.attachments.drain(..).map(|file| file.name));
    }

    /// What the mail says of them.
    pub fn told(&self) -> Enclosed {
        let attached = self.attachments.iter().map(|file| file.name.clone()).collect();
        Enclosed { attached, left_out: self.left_out.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> MailFile {
        let key = format!("notices/{name}");
        MailFile { name: name.to_owned(), object_key: key, content_type: "application/pdf".to_owned() }
    }

    #[tokio::test]
    async fn what_is_too_large_or_gone_stays_behind() {
        let folder = tempfile::tempdir().unwrap();
        let store = Files::in_folder(folder.path()).unwrap();
        store.put("notices/small.pdf", vec![1; 10]).await.unwrap();
        store.put("notices/large.pdf", vec![1; 101]).await.unwrap();
        let wanted = [file("small.pdf"), file("large.pdf"), file("gone.pdf")];
        let mut enclosure = Enclosure::fetch(&store, &wanted, 100).await.unwrap();
        let told = enclosure.told();
        assert_eq!(
            (told.attached, told.left_out),
            (vec!["small.pdf".to_owned()], vec!["large.pdf".to_owned(), "gone.pdf".to_owned()])
        );
        enclosure.leave_out();
        assert_eq!(enclosure.told().left_out, ["small.pdf", "large.pdf", "gone.pdf"]);
    }
}
