SELECT
  followup.reference AS item_id,
  followup.state_id AS iso3,
  state.name AS member_state,
  region.name AS region,
  visit.reference AS visit_id,
  visit.type AS visit_type,
  visit.start AS visit_start,
  visit."end" AS visit_end,
  followup.area_code,
  area_edition.title AS area_title,
  (SELECT {joined}(further.area_code, ';') FROM followup_area AS further WHERE further.followup_id = followup.id)
    AS further_areas,
  (SELECT {joined}(CAST(paragraph.resolution_number AS TEXT), ';') FROM followup_paragraph
    JOIN paragraph ON paragraph.id = followup_paragraph.paragraph_id
    WHERE followup_paragraph.followup_id = followup.id) AS resolution,
  (SELECT {joined}(paragraph.label, ';') FROM followup_paragraph
    JOIN paragraph ON paragraph.id = followup_paragraph.paragraph_id
    WHERE followup_paragraph.followup_id = followup.id) AS paragraph,
  (SELECT {joined}(conclusion.reference, ';') FROM followup_conclusion
    JOIN conclusion ON conclusion.id = followup_conclusion.conclusion_id
    WHERE followup_conclusion.followup_id = followup.id) AS conclusion_refs,
  (SELECT {joined}(conclusion.kind, ';') FROM followup_conclusion
    JOIN conclusion ON conclusion.id = followup_conclusion.conclusion_id
    WHERE followup_conclusion.followup_id = followup.id) AS finding_type,
  followup.title || '
' || followup.text AS recommendation,
  followup.basis,
  followup.priority,
  (SELECT {joined}(authority.name, ';') FROM followup_authority
    JOIN authority ON authority.id = followup_authority.authority_id
    WHERE followup_authority.followup_id = followup.id) AS responsible_authority,
  owner.name AS owner,
  followup.workflow AS workflow_status,
  followup.position AS state_position,
  followup.reported_status AS state_reported_status,
  followup.reported_on AS state_reported_on,
  followup.assessed_status AS implementation_status,
  followup.assessed_on AS status_date,
  CASE WHEN followup.sealed_sha256 IS NULL THEN 'unsigned'
    WHEN followup.sealed_sha256 = followup.content_sha256 THEN 'signed' ELSE 'changed' END AS sealed_state,
  seal.signer_name AS signed_off_by,
  seal.signer_role AS signed_off_role,
  seal.signed_at AS signed_off_on,
  seal.meaning AS sign_off_meaning,
  seal.seal_sha256,
  followup.original_due,
  followup.current_due,
  CASE length(followup.current_due) WHEN 10 THEN 'day' WHEN 7 THEN 'month' WHEN 4 THEN 'year' END AS due_precision,
  CASE WHEN followup.workflow NOT IN ('withdrawn', 'superseded')
    AND followup.assessed_status NOT IN ('implemented', 'overtaken')
    AND {late} > 0 THEN 'yes' ELSE 'no' END AS overdue,
  CASE WHEN followup.workflow NOT IN ('withdrawn', 'superseded')
    AND followup.assessed_status NOT IN ('implemented', 'overtaken')
    AND {late} > 0 THEN {late} END AS days_late,
  visit.response_due,
  coalesce((SELECT state_response.received FROM state_response WHERE state_response.followup_id = followup.id
    ORDER BY state_response.received DESC, state_response.id DESC LIMIT 1), visit.response_received)
    AS response_received,
  NULL AS assistance_need,
  (SELECT {joined}(plan.code, ';') FROM followup_measure JOIN measure ON measure.id = followup_measure.measure_id JOIN plan ON plan.id = measure.plan_id WHERE followup_measure.followup_id = followup.id) AS plan_code,
  (SELECT {joined}(measure.pillar, ';') FROM followup_measure JOIN measure ON measure.id = followup_measure.measure_id WHERE followup_measure.followup_id = followup.id) AS pillar,
  (SELECT {joined}(CAST(measure.number AS TEXT), ';') FROM followup_measure JOIN measure ON measure.id = followup_measure.measure_id WHERE followup_measure.followup_id = followup.id) AS measure_number,
  followup.sharing,
  followup.updated_at AS last_updated
FROM followup
JOIN state ON state.id = followup.state_id
JOIN region ON region.code = state.region_code
LEFT JOIN area_edition ON area_edition.area_code = followup.area_code AND area_edition.edition = followup.area_edition
LEFT JOIN visit ON visit.id = followup.visit_id
LEFT JOIN account AS owner ON owner.id = followup.owner_id
LEFT JOIN seal ON seal.id = followup.seal_id;
