# Made by `layers lookml` from the contracts in sql/prs. Refine it in refinements/.

connection: "@{connection}"
label: "Example"
include: "/explores/*.explore.lkml"
include: "/tests/*.test.lkml"
include: "/refinements/*.lkml"

datagroup: prs_acquisition_publication {
  label: "Acquisition was published"
  description: "Changes with the number of the publication of prs_acquisition"
  sql_trigger: select publication from prs_acquisition.prs_acquisition_freshness ;;
  max_cache_age: "10800 seconds"
}

datagroup: prs_engagement_publication {
  label: "Engagement was published"
  description: "Changes with the number of the publication of prs_engagement"
  sql_trigger: select publication from prs_engagement.prs_engagement_freshness ;;
  max_cache_age: "10800 seconds"
}

datagroup: prs_growth_publication {
  label: "Growth was published"
  description: "Changes with the number of the publication of prs_growth"
  sql_trigger: select publication from prs_growth.prs_growth_freshness ;;
  max_cache_age: "10800 seconds"
}

datagroup: prs_support_publication {
  label: "Support was published"
  description: "Changes with the number of the publication of prs_support"
  sql_trigger: select publication from prs_support.prs_support_freshness ;;
  max_cache_age: "7200 seconds"
}
