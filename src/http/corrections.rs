//! The JSON API, version 1: correcting folds, and going back on it.

use super::access::allow;
use super::api::{List, json, not_found, number};
use super::changes::{json_response, read, whole};
use super::failure::Failure;
use super::service::Service;
use crate::entry::{EntryId, Story, StoryId};
use crate::publish::records::{CorrectionRecord, StoryRecord};
use crate::store::Correction;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;

/// The other story that is to become a part of this one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JoinOrder {
    #[serde(deserialize_with = "whole")]
    story: i64,
}

/// The entry that is to leave, or to lead.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryOrder {
    #[serde(deserialize_with = "whole")]
    entry: i64,
}

/// `POST /api/v1/stories/{id}/join`
pub(super) async fn join_story(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    let id = StoryId(number("story", &id)?);
    let other = StoryId(read::<JoinOrder>(&body)?.story);
    let joined = join(&service, id, other).await?;
    story_answer(&service, joined).await
}

/// Joins two stories; the number of what they are now.
pub(super) async fn join(
    service: &Service,
    id: StoryId,
    other: StoryId,
) -> Result<StoryId, Failure> {
    if id == other {
        return Err(Failure::Conflict("a story cannot join itself".to_owned()));
    }
    for story in [id, other] {
        existing(service, story).await?;
    }
    Ok(service.store().join(id, other, service.now()).await?)
}

/// `POST /api/v1/stories/{id}/split`
pub(super) async fn split_story(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let (id, entry) = story_and_entry(&service, &id, &headers, &body)?;
    let made = split(&service, id, entry).await?;
    story_answer(&service, made).await
}

/// Takes an entry out of its story; the number of the story that it is then.
pub(super) async fn split(
    service: &Service,
    id: StoryId,
    entry: EntryId,
) -> Result<StoryId, Failure> {
    let story = with_entry(service, id, entry).await?;
    if story.members.is_empty() {
        return Err(Failure::Conflict(format!(
            "entry {} is the only one of story {}",
            entry.0, story.id.0
        )));
    }
    Ok(service.store().split(entry, service.now()).await?)
}

/// `POST /api/v1/stories/{id}/lead`
pub(super) async fn lead_story(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Failure> {
    let (id, entry) = story_and_entry(&service, &id, &headers, &body)?;
    let led = lead(&service, id, entry).await?;
    story_answer(&service, led).await
}

/// Makes an entry the one that its story is shown as.
pub(super) async fn lead(
    service: &Service,
    id: StoryId,
    entry: EntryId,
) -> Result<StoryId, Failure> {
    let story = with_entry(service, id, entry).await?;
    Ok(service.store().lead(story.id, entry, service.now()).await?)
}

/// `GET /api/v1/corrections`
pub(super) async fn corrections(
    State(service): State<Service>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    let corrections = service.store().corrections().await?;
    let items = corrections.iter().map(CorrectionRecord::from).collect();
    json(&service, &headers, &List::whole(items)).await
}

/// `POST /api/v1/corrections/{id}/undo`
pub(super) async fn undo_correction(
    State(service): State<Service>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Failure> {
    allow(&service, &headers)?;
    let undone = undo(&service, number("correction", &id)?).await?;
    json_response(StatusCode::OK, &CorrectionRecord::from(&undone))
}

/// Goes back on a correction.
pub(super) async fn undo(service: &Service, id: i64) -> Result<Correction, Failure> {
    let known = service.store().corrections().await?;
    if !known.iter().any(|correction| correction.id == id) {
        return Err(not_found("correction", &id.to_string()));
    }
    Ok(service.store().undo(id, service.now()).await?)
}

/// The story of the address and the entry of the body.
fn story_and_entry(
    service: &Service,
    id: &str,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(StoryId, EntryId), Failure> {
    allow(service, headers)?;
    let id = StoryId(number("story", id)?);
    Ok((id, EntryId(read::<EntryOrder>(body)?.entry)))
}

/// The story, which must hold the entry.
async fn with_entry(service: &Service, id: StoryId, entry: EntryId) -> Result<Story, Failure> {
    let story = existing(service, id).await?;
    let is_member = story.members.iter().any(|member| member.entry == entry);
    if !is_member && story.lead.id != entry {
        return Err(Failure::Conflict(format!(
            "entry {} is not in story {}",
            entry.0, id.0
        )));
    }
    Ok(story)
}

async fn existing(service: &Service, id: StoryId) -> Result<Story, Failure> {
    let story = service.store().story(id).await?;
    story.ok_or_else(|| not_found("story", &id.0.to_string()))
}

async fn story_answer(service: &Service, id: StoryId) -> Result<Response, Failure> {
    let story = existing(service, id).await?;
    json_response(StatusCode::OK, &StoryRecord::from(&story))
}
