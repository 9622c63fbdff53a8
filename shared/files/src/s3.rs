//! The S3 engine: `object_store`'s client with time limits, under a prefix of a bucket.

use std::path::Path as FilePath;
use std::sync::Arc;
use std::time::Duration;

use domain::secret::{mask_address, mask_addresses};
use futures_util::stream::{self, BoxStream, StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    BackoffConfig, ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt, PutPayload, RetryConfig, WriteMultipart,
};
use tokio::fs::File;
use tokio::io::{AsyncReadExt, AsyncSeekExt, AsyncWriteExt};

use crate::stored::{Listed, Stored, Sum};
use crate::{FilesError, LocalFile};

/// From this size on a file is sent in parts of this size; S3 takes no smaller ones (5 MiB) but the last.
const PART_BYTES: usize = 8 * 1024 * 1024;
/// Parts, or small files, under way at a time.
const AT_A_TIME: usize = 8;
const CONNECT_TAKES: Duration = Duration::from_secs(5);
const MOST_RETRIES: usize = 2;

/// Where the bucket is and who we are.
#[derive(Clone)]
pub struct S3Settings {
    /// `s3://bucket/prefix`.
    pub url: String,
    /// Address of a server that is not Amazon's; empty: Amazon's.
    pub endpoint: String,
    /// Region of the bucket.
    pub region: String,
    /// Access key; empty: what the machine's role gives.
    pub access_key_id: String,
    /// Its secret.
    pub secret_access_key: String,
    /// Longest that one request, with its retries, may take.
    pub timeout: Duration,
}

impl std::fmt::Debug for S3Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "S3Settings({} at {:?})", mask_address(&self.url), mask_address(&self.endpoint))
    }
}

#[derive(Debug)]
pub(crate) struct S3 {
    client: Arc<AmazonS3>,
    bucket: String,
    prefix: String,
    timeout: Duration,
}

impl S3 {
    pub(crate) fn new(settings: &S3Settings) -> Result<Self, FilesError> {
        let wrong =
            |what: &str| FilesError::Settings(mask_addresses(&format!("{}: {what}", mask_address(&settings.url))));
        let rest = settings.url.strip_prefix("s3://").ok_or_else(|| wrong("expected s3://bucket/prefix"))?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.is_empty() {
            return Err(wrong("expected s3://bucket/prefix"));
        }
        // An error says that the process has a provider already, which is as well.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let options = ClientOptions::new()
            .with_timeout(settings.timeout)
            .with_connect_timeout(CONNECT_TAKES.min(settings.timeout));
        let retry = RetryConfig {
            backoff: BackoffConfig::default(),
            max_retries: MOST_RETRIES,
            retry_timeout: settings.timeout,
        };
        let mut builder = AmazonS3Builder::new()
            .with_client_options(options)
            .with_retry(retry)
            .with_bucket_name(bucket)
            .with_region(&settings.region);
        if !settings.endpoint.is_empty() {
            builder =
                builder.with_endpoint(&settings.endpoint).with_allow_http(settings.endpoint.starts_with("http://"));
        }
        if !settings.access_key_id.is_empty() {
            builder =
                builder.with_access_key_id(&settings.access_key_id).with_secret_access_key(&settings.secret_access_key);
        }
        let client = builder.build().map_err(|error| wrong(&error.to_string()))?;
        Ok(Self {
            client: Arc::new(client),
            bucket: bucket.to_owned(),
            prefix: prefix.trim_matches('/').to_owned(),
            timeout: settings.timeout,
        })
    }

    pub(crate) async fn put(&self, key: &str, bytes: Vec<u8>) -> Result<Stored, FilesError> {
        let place = self.place(key)?;
        if bytes.len() > PART_BYTES {
            return self.put_parts(key, &place, &mut &bytes[..]).await;
        }
        let mut sum = Sum::new();
        sum.add(&bytes);
        self.within(key, self.client.put(&place, PutPayload::from(bytes))).await?;
        Ok(sum.finish())
    }

    pub(crate) async fn put_file(&self, key: &str, path: &FilePath) -> Result<Stored, FilesError> {
        let name = path.display().to_string();
        let file = File::open(path).await.map_err(|error| FilesError::of_io(&name, error))?;
        self.put_opened(key, file, &name).await
    }

    pub(crate) async fn put_open(&self, key: &str, file: std::fs::File) -> Result<Stored, FilesError> {
        let mut file = File::from_std(file);
        file.rewind().await.map_err(|error| FilesError::of_io(key, error))?;
        self.put_opened(key, file, key).await
    }

    async fn put_opened(&self, key: &str, mut file: File, name: &str) -> Result<Stored, FilesError> {
        let of_file = |error| FilesError::of_io(name, error);
        let length = file.metadata().await.map_err(of_file)?.len();
        if length <= PART_BYTES as u64 {
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).await.map_err(of_file)?;
            return self.put(key, bytes).await;
        }
        let place = self.place(key)?;
        self.put_parts(key, &place, &mut file).await
    }

    pub(crate) async fn put_many(&self, files: Vec<(String, Vec<u8>)>) -> Result<Vec<Stored>, FilesError> {
        let puts = files.into_iter().map(async |(key, bytes)| self.put(&key, bytes).await);
        stream::iter(puts).buffered(AT_A_TIME).try_collect().await
    }

    pub(crate) async fn get(&self, key: &str) -> Result<Vec<u8>, FilesError> {
        let place = self.place(key)?;
        let read = async { self.client.get(&place).await?.bytes().await };
        self.within(key, read).await.map(|bytes| bytes.to_vec())
    }

    pub(crate) async fn fetch(&self, key: &str) -> Result<LocalFile, FilesError> {
        let place = self.place(key)?;
        let of_copy = |error| FilesError::of_io(key, error);
        let (file, path) = tempfile::Builder::new().prefix("rollcall-").tempfile().map_err(of_copy)?.into_parts();
        let mut file = File::from_std(file);
        let mut body = self.within(key, self.client.get(&place)).await?.into_stream();
        while let Some(chunk) = self.within(key, body.try_next()).await? {
            file.write_all(&chunk).await.map_err(of_copy)?;
        }
        file.flush().await.map_err(of_copy)?;
        Ok(LocalFile::copy(path))
    }

    pub(crate) async fn head(&self, key: &str) -> Result<Option<Listed>, FilesError> {
        let place = self.place(key)?;
        match self.within(key, self.client.head(&place)).await {
            Ok(meta) => Ok(Some(self.listed(&meta))),
            Err(FilesError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    pub(crate) async fn delete(&self, key: &str) -> Result<(), FilesError> {
        let place = self.place(key)?;
        match self.within(key, self.client.delete(&place)).await {
            Err(FilesError::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    pub(crate) async fn rename(&self, from: &str, to: &str) -> Result<(), FilesError> {
        let (old, new) = (self.place(from)?, self.place(to)?);
        self.within(from, self.client.copy(&old, &new)).await?;
        self.delete(from).await
    }

    pub(crate) fn address(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.prefix).trim_end_matches('/').to_owned()
    }

    pub(crate) fn list(&self, prefix: &str) -> Result<BoxStream<'static, Result<Listed, FilesError>>, FilesError> {
        let place = if prefix.is_empty() && self.prefix.is_empty() { None } else { Some(self.place(prefix)?) };
        let (root, prefix) = (self.prefix.clone(), prefix.to_owned());
        let entries = self.client.list(place.as_ref());
        Ok(entries
            .map(move |entry| {
                entry.map(|meta| listed(&root, &meta)).map_err(|error| FilesError::of_s3(&prefix, &error))
            })
            .boxed())
    }

    /// The place of a key in the bucket; of the empty key, the prefix itself.
    fn place(&self, key: &str) -> Result<Path, FilesError> {
        let full = format!("{}/{key}", self.prefix);
        Path::parse(full.trim_matches('/'))
            .map_err(|_| FilesError::BadKey { key: key.to_owned(), rule: "S3 does not take it" })
    }

    fn listed(&self, meta: &ObjectMeta) -> Listed {
        listed(&self.prefix, meta)
    }

    /// One request with a limit of its own: the client's limit does not cover a body that trickles.
    async fn within<T>(
        &self,
        key: &str,
        request: impl Future<Output = Result<T, object_store::Error>>,
    ) -> Result<T, FilesError> {
        match tokio::time::timeout(self.timeout, request).await {
            Ok(done) => done.map_err(|error| FilesError::of_s3(key, &error)),
            Err(_) => Err(FilesError::Unreachable {
                key: key.to_owned(),
                cause: format!("no answer within {} ms", self.timeout.as_millis()),
            }),
        }
    }

    async fn put_parts(
        &self,
        key: &str,
        place: &Path,
        body: &mut (dyn tokio::io::AsyncRead + Unpin + Send),
    ) -> Result<Stored, FilesError> {
        let upload = self.within(key, self.client.put_multipart(place)).await?;
        let mut parts = WriteMultipart::new_with_chunk_size(upload, PART_BYTES);
        let mut sum = Sum::new();
        match self.send_parts(key, &mut parts, body, &mut sum).await {
            Ok(()) => self.within(key, parts.finish()).await.map(|_| sum.finish()),
            Err(error) => {
                // The first error is the one to tell.
                let _ = self.within(key, parts.abort()).await;
                Err(error)
            }
        }
    }

    async fn send_parts(
        &self,
        key: &str,
        parts: &mut WriteMultipart,
        body: &mut (dyn tokio::io::AsyncRead + Unpin + Send),
        sum: &mut Sum,
    ) -> Result<(), FilesError> {
        let mut chunk = vec![0; 256 * 1024];
        loop {
            let read = body.read(&mut chunk).await.map_err(|error| FilesError::of_io(key, error))?;
            if read == 0 {
                return Ok(());
            }
            sum.add(&chunk[..read]);
            self.within(key, parts.wait_for_capacity(AT_A_TIME)).await?;
            parts.write(&chunk[..read]);
        }
    }
}

fn listed(root: &str, meta: &ObjectMeta) -> Listed {
    let full = meta.location.as_ref();
    let key = full.strip_prefix(root).unwrap_or(full).trim_start_matches('/');
    Listed { key: key.to_owned(), bytes: meta.size, modified: meta.last_modified }
}
