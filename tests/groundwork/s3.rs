//! The S3 helper.

use std::time::Duration;
use support::servers::s3::S3;
use support::{eventually, http};

fn port(s3: &S3) -> u16 {
    s3.bucket().endpoint.rsplit_once(':').unwrap().1.parse().unwrap()
}

#[tokio::test]
async fn the_server_in_process_answers_refuses_strangers_and_comes_back_on_its_port() {
    let mut s3 = S3::in_process();
    let folder = s3.folder().unwrap().to_path_buf();
    let (status, body) = http::get(port(&s3), "/rollcall/anything").await.unwrap();
    assert_eq!(status, 403, "{body}");
    s3.down();
    assert!(http::get(port(&s3), "/rollcall/anything").await.is_none());
    s3.up();
    let limit = Duration::from_secs(5);
    eventually(limit, "the server answers again", async || http::get(port(&s3), "/rollcall/anything").await).await;
    drop(s3);
    assert!(!folder.exists());
}
