import Postgres

/// Every statement of Sluice, by the name of its file in Queries/. No SQL exists elsewhere, and none is put together from strings.
extension Statement {
    private static func embedded(_ name: String, _ sql: [UInt8]) -> Statement {
        Statement(name, String(decoding: sql, as: UTF8.self))
    }

    package static let accessChangeInsert = embedded("access_change_insert", PackageResources.access_change_insert_sql)
    package static let accessCheck = embedded("access_check", PackageResources.access_check_sql)
    package static let accessEntryInsert = embedded("access_entry_insert", PackageResources.access_entry_insert_sql)
    package static let accessListContainerEnsure = embedded("access_list_container_ensure", PackageResources.access_list_container_ensure_sql)
    package static let accessListOwnEnsure = embedded("access_list_own_ensure", PackageResources.access_list_own_ensure_sql)
    package static let accessLock = embedded("access_lock", PackageResources.access_lock_sql)
    package static let appliedPositionClaim = embedded("applied_position_claim", PackageResources.applied_position_claim_sql)
    package static let appliedPositionEnsure = embedded("applied_position_ensure", PackageResources.applied_position_ensure_sql)
    package static let appliedPositionHold = embedded("applied_position_hold", PackageResources.applied_position_hold_sql)
    package static let appliedPositionLock = embedded("applied_position_lock", PackageResources.applied_position_lock_sql)
    package static let appliedPositionReached = embedded("applied_position_reached", PackageResources.applied_position_reached_sql)
    package static let appliedPositionSettle = embedded("applied_position_settle", PackageResources.applied_position_settle_sql)
    package static let auditInsert = embedded("audit_insert", PackageResources.audit_insert_sql)
    package static let auditLock = embedded("audit_lock", PackageResources.audit_lock_sql)
    package static let auditPage = embedded("audit_page", PackageResources.audit_page_sql)
    package static let auditTail = embedded("audit_tail", PackageResources.audit_tail_sql)
    package static let chunkInsert = embedded("chunk_insert", PackageResources.chunk_insert_sql)
    package static let claimPrincipals = embedded("claim_principals", PackageResources.claim_principals_sql)
    package static let claimTenant = embedded("claim_tenant", PackageResources.claim_tenant_sql)
    package static let claimTenantName = embedded("claim_tenant_name", PackageResources.claim_tenant_name_sql)
    package static let containerKnown = embedded("container_known", PackageResources.container_known_sql)
    package static let containerResolve = embedded("container_resolve", PackageResources.container_resolve_sql)
    package static let deadLetterMarkList = embedded("dead_letter_mark_list", PackageResources.dead_letter_mark_list_sql)
    package static let deadLetterMarkWrite = embedded("dead_letter_mark_write", PackageResources.dead_letter_mark_write_sql)
    package static let deferredAbandon = embedded("deferred_abandon", PackageResources.deferred_abandon_sql)
    package static let deferredCount = embedded("deferred_count", PackageResources.deferred_count_sql)
    package static let deferredDelete = embedded("deferred_delete", PackageResources.deferred_delete_sql)
    package static let deferredHasten = embedded("deferred_hasten", PackageResources.deferred_hasten_sql)
    package static let deferredLease = embedded("deferred_lease", PackageResources.deferred_lease_sql)
    package static let deferredList = embedded("deferred_list", PackageResources.deferred_list_sql)
    package static let deferredLoad = embedded("deferred_load", PackageResources.deferred_load_sql)
    package static let deferredWrite = embedded("deferred_write", PackageResources.deferred_write_sql)
    package static let documentAccessRefresh = embedded("document_access_refresh", PackageResources.document_access_refresh_sql)
    package static let documentEnsure = embedded("document_ensure", PackageResources.document_ensure_sql)
    package static let documentLoad = embedded("document_load", PackageResources.document_load_sql)
    package static let documentLock = embedded("document_lock", PackageResources.document_lock_sql)
    package static let documentWrite = embedded("document_write", PackageResources.document_write_sql)
    package static let embeddingCacheFind = embedded("embedding_cache_find", PackageResources.embedding_cache_find_sql)
    package static let embeddingCacheInsert = embedded("embedding_cache_insert", PackageResources.embedding_cache_insert_sql)
    package static let generationCreate = embedded("generation_create", PackageResources.generation_create_sql)
    package static let generationList = embedded("generation_list", PackageResources.generation_list_sql)
    package static let groupMemberDelete = embedded("group_member_delete", PackageResources.group_member_delete_sql)
    package static let groupMemberInsert = embedded("group_member_insert", PackageResources.group_member_insert_sql)
    package static let healthPolicies = embedded("health_policies", PackageResources.health_policies_sql)
    package static let healthRoles = embedded("health_roles", PackageResources.health_roles_sql)
    package static let healthUnclaimed = embedded("health_unclaimed", PackageResources.health_unclaimed_sql)
    package static let healthVersions = embedded("health_versions", PackageResources.health_versions_sql)
    package static let hitFetch = embedded("hit_fetch", PackageResources.hit_fetch_sql)
    package static let memberGroupEnsure = embedded("member_group_ensure", PackageResources.member_group_ensure_sql)
    package static let memberGroupLoad = embedded("member_group_load", PackageResources.member_group_load_sql)
    package static let memberGroupLock = embedded("member_group_lock", PackageResources.member_group_lock_sql)
    package static let memberGroupWrite = embedded("member_group_write", PackageResources.member_group_write_sql)
    package static let outcomeFind = embedded("outcome_find", PackageResources.outcome_find_sql)
    package static let outcomeInsert = embedded("outcome_insert", PackageResources.outcome_insert_sql)
    package static let outcomePublished = embedded("outcome_published", PackageResources.outcome_published_sql)
    package static let outcomeReopen = embedded("outcome_reopen", PackageResources.outcome_reopen_sql)
    package static let outcomeUnpublished = embedded("outcome_unpublished", PackageResources.outcome_unpublished_sql)
    package static let passageTermsInsert = embedded("passage_terms_insert", PackageResources.passage_terms_insert_sql)
    package static let passageTermsScan = embedded("passage_terms_scan", PackageResources.passage_terms_scan_sql)
    package static let permissionLoad = embedded("permission_load", PackageResources.permission_load_sql)
    package static let permissionWrite = embedded("permission_write", PackageResources.permission_write_sql)
    package static let principalSetEnsure = embedded("principal_set_ensure", PackageResources.principal_set_ensure_sql)
    package static let principalSetFind = embedded("principal_set_find", PackageResources.principal_set_find_sql)
    package static let renditionClear = embedded("rendition_clear", PackageResources.rendition_clear_sql)
    package static let renditionContentInsert = embedded("rendition_content_insert", PackageResources.rendition_content_insert_sql)
    package static let renditionEnsure = embedded("rendition_ensure", PackageResources.rendition_ensure_sql)
    package static let renditionLoad = embedded("rendition_load", PackageResources.rendition_load_sql)
    package static let renditionPeek = embedded("rendition_peek", PackageResources.rendition_peek_sql)
    package static let renditionSequenceNote = embedded("rendition_sequence_note", PackageResources.rendition_sequence_note_sql)
    package static let renditionWrite = embedded("rendition_write", PackageResources.rendition_write_sql)
    package static let schemaMigrationExists = embedded("schema_migration_exists", PackageResources.schema_migration_exists_sql)
    package static let schemaMigrationInsert = embedded("schema_migration_insert", PackageResources.schema_migration_insert_sql)
    package static let schemaMigrationList = embedded("schema_migration_list", PackageResources.schema_migration_list_sql)
    package static let schemaMigrationPrepare = embedded("schema_migration_prepare", PackageResources.schema_migration_prepare_sql)
    package static let searchVectors = embedded("search_vectors", PackageResources.search_vectors_sql)
    package static let searchVectorsPerDocument = embedded("search_vectors_per_document", PackageResources.search_vectors_per_document_sql)
    package static let tenantCreate = embedded("tenant_create", PackageResources.tenant_create_sql)
    package static let tenantFind = embedded("tenant_find", PackageResources.tenant_find_sql)
    package static let tenantList = embedded("tenant_list", PackageResources.tenant_list_sql)
    package static let topicIncarnationEnsure = embedded("topic_incarnation_ensure", PackageResources.topic_incarnation_ensure_sql)
    package static let topicIncarnationFind = embedded("topic_incarnation_find", PackageResources.topic_incarnation_find_sql)
    package static let topicIncarnationList = embedded("topic_incarnation_list", PackageResources.topic_incarnation_list_sql)
    package static let vectorPackInsert = embedded("vector_pack_insert", PackageResources.vector_pack_insert_sql)

    /// All of them: a test prepares each as its role and checks its plan.
    package static let all: [Statement] = [
        .accessChangeInsert, .accessCheck, .accessEntryInsert, .accessListContainerEnsure, .accessListOwnEnsure, .accessLock, .appliedPositionClaim,
        .appliedPositionEnsure, .appliedPositionHold, .appliedPositionLock, .appliedPositionReached, .appliedPositionSettle, .auditInsert, .auditLock,
        .auditPage, .auditTail, .chunkInsert, .claimPrincipals, .claimTenant, .claimTenantName, .containerKnown, .containerResolve,
        .deadLetterMarkList, .deadLetterMarkWrite, .deferredAbandon, .deferredCount, .deferredDelete, .deferredHasten, .deferredLease, .deferredList,
        .deferredLoad, .deferredWrite, .documentAccessRefresh, .documentEnsure, .documentLoad, .documentLock, .documentWrite, .embeddingCacheFind,
        .embeddingCacheInsert, .generationCreate, .generationList, .groupMemberDelete, .groupMemberInsert, .healthPolicies, .healthRoles,
        .healthUnclaimed, .healthVersions, .hitFetch, .memberGroupEnsure, .memberGroupLoad, .memberGroupLock, .memberGroupWrite, .outcomeFind,
        .outcomeInsert, .outcomePublished, .outcomeReopen, .outcomeUnpublished, .passageTermsInsert, .passageTermsScan, .permissionLoad,
        .permissionWrite, .principalSetEnsure, .principalSetFind, .renditionClear, .renditionContentInsert, .renditionEnsure, .renditionLoad,
        .renditionPeek, .renditionSequenceNote, .renditionWrite, .schemaMigrationExists, .schemaMigrationInsert, .schemaMigrationList,
        .schemaMigrationPrepare, .searchVectors, .searchVectorsPerDocument, .tenantCreate, .tenantFind, .tenantList, .topicIncarnationEnsure,
        .topicIncarnationFind, .topicIncarnationList, .vectorPackInsert,
    ]
}
