# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

include: "/explores/prs_acquisition_freshness.explore.lkml"

test: prs_acquisition_freshness_is_fresh {
  explore_source: prs_acquisition_freshness {
    column: fresh_publications {
      field: prs_acquisition_freshness.fresh_publications
    }
  }

  assert: is_fresh {
    expression: ${prs_acquisition_freshness.fresh_publications} = 1 ;;
  }
}
