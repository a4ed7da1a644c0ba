# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_engagement_freshness.explore.lkml"

test: prs_engagement_freshness_is_fresh {
  explore_source: prs_engagement_freshness {
    column: fresh_publications {
      field: prs_engagement_freshness.fresh_publications
    }
  }

  assert: is_fresh {
    expression: ${prs_engagement_freshness.fresh_publications} = 1 ;;
  }
}
