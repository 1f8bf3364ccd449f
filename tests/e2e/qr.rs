//! The QR in every form, from pictures of every kind.

use std::io::Cursor;

use axum::Json;
use axum::Router;
use axum::routing::{get as on_get, post};
use bytes::Bytes;
use hyper::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use image::{DynamicImage, GrayImage, ImageFormat};
use serde_json::json;
use tokio::net::TcpListener;
use wxlogin_state::WId;
use wxlogind::client::QrForm;
use wxlogind::qr;

use crate::harness::{Daemon, Host, get, refused, value, world};

#[tokio::test]
async fn the_qr_says_the_same_in_every_form() {
    let (platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    let link = format!("{}phone/{w_id}", platform.url());
    assert_forms(&daemon, &w_id, &link).await;
    let png = daemon.qr(w_id.as_str(), QrForm::Png).await.unwrap();
    assert_eq!(qr::decode(&png).unwrap(), link);
}

/// That SVG and text carry `link`.
async fn assert_forms(daemon: &Daemon, w_id: &WId, link: &str) {
    let svg = daemon.qr(w_id.as_str(), QrForm::Svg).await.unwrap();
    assert_eq!(svg, qr::svg(link).unwrap());
    let text = daemon.qr(w_id.as_str(), QrForm::Text).await.unwrap();
    assert_eq!(text, qr::blocks(link).unwrap());
}

#[tokio::test]
async fn the_form_follows_accept_and_is_not_to_be_kept() {
    let (_platform, daemon) = world().await;
    let w_id = daemon.begin().await;
    for (accept, content_type) in [
        ("*/*", "image/png"),
        ("image/svg+xml, image/png;q=0.5", "image/svg+xml"),
        ("text/plain", "text/plain; charset=utf-8"),
    ] {
        let mut request = get(&format!("/v1/sessions/{w_id}/qr"));
        request.headers_mut().insert(ACCEPT, accept.parse().unwrap());
        let response = daemon.send(request).await;
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()[CONTENT_TYPE], content_type, "{accept}");
        assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    }
    let mut request = get(&format!("/v1/sessions/{w_id}/qr"));
    request.headers_mut().insert(ACCEPT, "application/json".parse().unwrap());
    let response = daemon.send(request).await;
    assert_eq!((response.status().as_u16(), &value(&response)["code"]), (406, &json!("not-acceptable")));
}

/// A daemon whose platform shows this picture instead of a QR of its own.
struct Gallery {
    daemon: Daemon,
    w_id: WId,
    /// Where the platform shows it.
    url: String,
}

impl Gallery {
    async fn showing(picture: Vec<u8>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let url = format!("{base}/picture");
        let issued = json!({"code": "1000", "data": {"wId": "w-1", "qrCodeUrl": url}});
        let key = json!({"code": "1000", "data": {"Authorization": "key-1", "status": 0}});
        let picture = Bytes::from(picture);
        let routes = Router::new()
            .route("/member/login", post(async || Json(key)))
            .route("/iPadLogin", post(async || Json(issued)))
            .route("/getIPadLoginInfo", post(std::future::pending::<()>))
            .route("/picture", on_get(async || picture));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let daemon = Host::at(&base).start().await;
        let w_id = daemon.begin().await;
        Self { daemon, w_id, url }
    }

    async fn png(&self) -> Bytes {
        self.daemon.qr(self.w_id.as_str(), QrForm::Png).await.unwrap()
    }
}

fn encoded(picture: impl Into<DynamicImage>, format: ImageFormat) -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    picture.into().write_to(&mut file, format).unwrap();
    file.into_inner()
}

#[tokio::test]
async fn a_picture_that_cannot_be_decoded_is_shown_as_it_is_and_its_address_as_a_qr() {
    let blank = encoded(GrayImage::new(64, 64), ImageFormat::Png);
    let gallery = Gallery::showing(blank.clone()).await;
    assert_eq!(gallery.png().await, blank);
    assert_forms(&gallery.daemon, &gallery.w_id, &gallery.url).await;
}

#[tokio::test]
async fn a_picture_of_another_format_is_drawn_again_as_png() {
    let link = "http://weixin.qq.com/x/4fmLkPzrl3vB9e2wqg1a";
    // In colour, because GIF knows no other.
    let drawn = DynamicImage::from(image::load_from_memory(&qr::png(link).unwrap()).unwrap().to_rgb8());
    for format in [ImageFormat::Jpeg, ImageFormat::Gif] {
        let gallery = Gallery::showing(encoded(drawn.clone(), format)).await;
        let png = gallery.png().await;
        assert_eq!(image::guess_format(&png).unwrap(), ImageFormat::Png, "{format:?}");
        assert_eq!(qr::decode(&png).unwrap(), link);
        assert_forms(&gallery.daemon, &gallery.w_id, link).await;
    }
}

#[tokio::test]
async fn what_is_no_picture_is_never_passed_on() {
    let gallery = Gallery::showing(b"<script>alert(1)</script>".to_vec()).await;
    let problem = refused(gallery.daemon.qr(gallery.w_id.as_str(), QrForm::Png).await);
    assert_eq!((problem.status, problem.code.as_str()), (503, "platform-unreachable"));
}
