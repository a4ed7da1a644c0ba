-- What happened: how far everything is, what was held or rejected, what was published.
create schema if not exists layers;

create table if not exists layers.loads (
    load_id bigint generated always as identity primary key,
    source text not null,
    object text not null,
    run text not null,
    records bigint not null default 0,
    rejected bigint not null default 0,
    seconds numeric(12, 3),
    loaded_at timestamptz not null default clock_timestamp()
);
alter table layers.loads add column if not exists kind text not null default 'records';
comment on table layers.loads is 'One row per batch: raw records kept, and lines that were no JSON.';
comment on column layers.loads.kind is
'Records as they come; whole, all that the object has; keys, lists of all its keys.';

create table if not exists layers.cursors (
    source text not null,
    object text not null,
    cursor jsonb not null,
    loaded_until timestamptz,
    moved_at timestamptz not null default clock_timestamp(),
    primary key (source, object)
);
comment on table layers.cursors is 'How far each object of a source has been read.';

create table if not exists layers.files (
    source text not null,
    object text not null,
    file text not null,
    load_id bigint not null,
    primary key (source, object, file)
);
alter table layers.files add column if not exists size bigint;
comment on table layers.files is
'Files that are loaded, and are not loaded again unless they are of another size.';

create table if not exists layers.rejects (
    reject_id bigint generated always as identity primary key,
    source text not null,
    object text not null,
    relation text,
    load_id bigint not null,
    ordinal bigint,
    column_name text,
    value text,
    wanted text,
    reason text not null,
    record bytea not null,
    rejected_at timestamptz not null default clock_timestamp()
);
alter table layers.rejects add column if not exists file text;
create index if not exists rejects_relation on layers.rejects (relation, load_id, ordinal);
create index if not exists rejects_file on layers.rejects (source, object, file)
where file is not null;
create index if not exists rejects_record on layers.rejects (relation, md5(record));
comment on table layers.rejects is 'Records that could not be staged, whole, with the reason.';

create table if not exists layers.drift (
    source text not null,
    object text not null,
    path text not null,
    is_declared boolean not null,
    types text[] not null,
    present bigint not null default 0,
    records bigint not null default 0,
    first_seen_at timestamptz not null default clock_timestamp(),
    changed_at timestamptz,
    missing_since timestamptz,
    primary key (source, object, path)
);
alter table layers.drift add column if not exists absent bigint not null default 0;
comment on column layers.drift.absent is 'How many records came since one had it.';
comment on table layers.drift is
'Fields of raw records: those nobody declared, noted once, and what became of the declared ones.';

create table if not exists layers.staged (
    relation text primary key,
    load_id bigint not null default 0,
    fingerprint text not null
);
comment on table layers.staged is 'The mark up to which raw records are staged, per relation.';

create table if not exists layers.stagings (
    relation text not null,
    run text not null,
    to_load_id bigint not null,
    read bigint not null,
    inserted bigint not null,
    updated bigint not null,
    superseded bigint not null,
    repeated bigint not null,
    rejected bigint not null,
    seconds numeric(12, 3) not null,
    staged_at timestamptz not null default clock_timestamp()
);
create index if not exists stagings_relation on layers.stagings (relation, staged_at);
comment on table layers.stagings is
'One row per staging; read = inserted + superseded + repeated + rejected, and an update supersedes.';

create table if not exists layers.versions (
    relation text primary key,
    version bigint not null,
    changed_at timestamptz not null default clock_timestamp()
);
alter table layers.versions add column if not exists rewritten bigint not null default 0;
comment on column layers.versions.rewritten is
'The version at which rows last changed that no newer load says so of: a replay, compared keys.';
comment on table layers.versions is 'A number per relation that grows when its rows change.';

create table if not exists layers.builds (
    build_id bigint generated always as identity primary key,
    relation text not null,
    unit text not null,
    run text not null,
    rows bigint not null,
    versions jsonb not null,
    candidates jsonb not null,
    fingerprint text not null,
    seconds numeric(12, 3) not null,
    built_at timestamptz not null default clock_timestamp(),
    checked_at timestamptz
);
alter table layers.builds add column if not exists marks jsonb not null default '{}';
alter table layers.builds add column if not exists before bigint;
alter table layers.builds add column if not exists fed bigint;
alter table layers.builds add column if not exists changed bigint;
alter table layers.builds add column if not exists because text;
comment on column layers.builds.before is 'The build whose candidate this one follows, if it was fed.';
comment on column layers.builds.fed is 'How many rows were fed; empty where it was made in full.';
comment on column layers.builds.because is 'Why it was made in full.';
comment on column layers.builds.changed is
'How many rows differ from the build before, where that was compared.';
alter table layers.builds add column if not exists watermarks jsonb;
alter table layers.builds add column if not exists below bigint;
comment on column layers.builds.watermarks is
'How far each source was known in what it read, as the sources themselves said.';
comment on column layers.builds.below is 'The publication of the domain that it read.';
create index if not exists builds_built on layers.builds (unit, built_at);
create index if not exists builds_relation on layers.builds (relation, build_id desc);
comment on table layers.builds is
'Candidates: how many rows, and the versions of all relations below and candidates beside them.';

create table if not exists layers.checks (
    build_id bigint not null,
    relation text not null,
    rule text not null,
    sentence text not null,
    outcome text not null,
    violations bigint not null,
    sample jsonb not null,
    checked_at timestamptz not null default clock_timestamp()
);
create index if not exists checks_build on layers.checks (build_id);
comment on table layers.checks is 'The result of each rule for each build.';

create table if not exists layers.settlements (
    unit text primary key,
    run text not null,
    builds jsonb not null,
    settled_at timestamptz not null default clock_timestamp()
);
comment on table layers.settlements is 'The builds for which it is decided what is held.';

create table if not exists layers.held (
    relation text not null,
    key text not null,
    rules text[] not null,
    follows text,
    build_id bigint not null,
    held_since timestamptz not null default clock_timestamp(),
    primary key (relation, key)
);
comment on table layers.held is
'Rows kept back: every rule they break by themselves, or the row by which they are: entity and key.';

create table if not exists layers.publications (
    publication bigint generated always as identity primary key,
    unit text not null,
    run text not null,
    versions jsonb not null,
    changes jsonb not null,
    seconds numeric(12, 3) not null,
    published_at timestamptz not null default clock_timestamp()
);
alter table layers.publications add column if not exists cause jsonb not null default '{}';
alter table layers.publications add column if not exists watermarks jsonb;
alter table layers.publications add column if not exists data_as_of timestamptz;
alter table layers.publications add column if not exists below bigint;
create index if not exists publications_remembered on layers.publications (unit, published_at)
where jsonb_path_exists(changes, '$.*.is_recorded ? (@ == true)');
comment on column layers.publications.cause is
'What moved below since the one before, contracts that changed, or the publication rolled back to.';
comment on table layers.publications is
'One row per publication that changed a row: what was read, and rows inserted, updated, deleted.';

create table if not exists layers.published (
    unit text primary key,
    publication bigint,
    versions jsonb not null,
    fingerprint text not null,
    builds jsonb not null,
    confirmed_at timestamptz not null default clock_timestamp()
);
alter table layers.published add column if not exists watermarks jsonb;
alter table layers.published add column if not exists data_as_of timestamptz;
alter table layers.published add column if not exists below bigint;
alter table layers.published add column if not exists columns jsonb;
alter table layers.published
add column if not exists first_confirmed_at timestamptz not null default clock_timestamp();
comment on column layers.published.watermarks is
'How far each source was known in what the tables stand for, as the sources themselves said.';
comment on column layers.published.data_as_of is
'The least of these, of the sources that the use case needs; empty while one is not known at all.';
comment on column layers.published.below is 'The publication of the domain that it stands for.';
comment on column layers.published.columns is
'The columns of each relation that are filled: a new one has no former values.';
comment on table layers.published is
'The state of the layer below that each unit stands for, also when no row had to change for it.';

create table if not exists layers.differences (
    publication bigint not null,
    relation text not null,
    key jsonb not null,
    operation text not null,
    before jsonb,
    after jsonb
);
create index if not exists differences_relation on layers.differences (relation, publication);
comment on table layers.differences is
'Rows that a publication changed: what was there before, and of an update what is there after.';

create table if not exists layers.held_back (
    unit text primary key,
    publication bigint not null,
    since timestamptz not null default clock_timestamp()
);
comment on table layers.held_back is
'Use cases that were taken back to a publication, and stay there until they are released.';

create table if not exists layers.promises (
    unit text primary key,
    promised_freshness interval not null,
    clock text
);
comment on table layers.promises is
'How fresh each use case promises to be; `clock` is the source in whose time the company lives.';
