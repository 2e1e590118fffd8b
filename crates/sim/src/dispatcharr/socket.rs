//! The WebSocket: a token in the address, and what happens.

use std::sync::Arc;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::request::Parts;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::auth::{self, Caller, Use};
use super::reply;
use super::world::World;

/// Only `?token=` counts: no header, no key.
pub(super) async fn answer(world: &Arc<World>, parts: &mut Parts) -> Response {
    let query = parts.uri.query().unwrap_or("");
    let token = query
        .split('&')
        .find_map(|p| p.strip_prefix("token="))
        .unwrap_or("");
    let told = {
        let now_ms = world.now_ms();
        let state = world.lock();
        match auth::of_token(&state, token, Use::Access, now_ms) {
            // Since 0.29 only admins are told anything.
            Caller::User(id) => {
                let mut users = state.have.users.iter();
                let is_admin = users.any(|u| u.id == id && u.level >= 10);
                Some(is_admin || state.have.version < (0, 29, 0))
            }
            _ => None,
        }
    };
    let Some(told) = told else {
        return reply::page(StatusCode::FORBIDDEN, "Access denied");
    };
    match WebSocketUpgrade::from_request_parts(parts, &()).await {
        Ok(upgrade) => {
            let (messages, counted) = world.listen();
            upgrade.on_upgrade(move |socket| async move {
                talk(socket, messages, told).await;
                drop(counted);
            })
        }
        Err(refusal) => refusal.into_response(),
    }
}

async fn talk(mut socket: WebSocket, mut messages: Receiver<Arc<str>>, told: bool) {
    let hello = json!({ "type": "connection_established", "data": {
        "success": true, "message": "WebSocket connection established successfully",
    }});
    if socket
        .send(Message::Text(hello.to_string().into()))
        .await
        .is_err()
    {
        return;
    }
    loop {
        tokio::select! {
            said = socket.recv() => match said {
                // Whatever a client says is ignored; pings are answered by the socket itself.
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            message = messages.recv() => match message {
                Ok(text) if told => {
                    if socket.send(Message::Text((&*text).into())).await.is_err() {
                        return;
                    }
                }
                Ok(_) | Err(RecvError::Lagged(_)) => {}
                Err(RecvError::Closed) => return,
            },
        }
    }
}
